from django.urls import path

from webapp.people import deleting, members, site

app_name = "people"
urlpatterns = [
    path("labs/<int:lab_id>/members/", members.members, name="members"),
    path("labs/<int:lab_id>/members/invite/", members.invite_member, name="invite"),
    path("labs/<int:lab_id>/members/<int:person_id>/role/", members.change_role, name="set_role"),
    path("labs/<int:lab_id>/members/<int:person_id>/remove/", members.remove, name="remove"),
    path("invitations/<int:invitation_id>/take-back/", members.withdraw, name="take_back"),
    path("people/", site.people, name="people"),
    path("people/labs/", site.make_lab, name="make_lab"),
    path("people/labs/<int:lab_id>/archive/", site.archive_lab, name="archive_lab"),
    path("people/labs/<int:lab_id>/delete/", deleting.delete_lab, name="delete_lab"),
    path("people/labs/<int:lab_id>/restore/", deleting.bring_back, name="restore_lab"),
    path("people/labs/<int:lab_id>/invite/", site.invite_manager, name="invite_manager"),
    path("people/invite/", site.invite_admin, name="invite_administrator"),
    path("people/<int:person_id>/reset-link/", site.make_reset_link, name="reset_link"),
    path("people/<int:person_id>/active/", site.switch, name="set_active"),
    path("people/<int:person_id>/administrator/", site.set_admin, name="set_administrator"),
]
