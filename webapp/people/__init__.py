"""Who works here: members of a lab for its managers, people and labs of the site for administrators."""
