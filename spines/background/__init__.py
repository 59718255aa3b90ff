"""Work outside of requests: the queue, the workers that live, processes tied to a parent."""
