"""What stands between the network and Django: deadlines, a least rate, and threads that no slow client can hold.

The server (`granian`) reads requests in its event loop; a connection without a whole head costs no thread and is
closed after a while. `application` hands a request to a thread only when its form has arrived, or, where its body is
large, to a thread of its own kind, so that uploads never keep pages waiting. `bodies` brings a body to the thread,
`answers` takes an answer from it, `pace` says how slow a client may be, `shares` how much of the server one may have.
"""
