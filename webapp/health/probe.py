"""`python -m webapp.health.probe`: what a container engine asks; exit code 0 when /healthz/ says that all is up."""

import http.client
import os
import sys


def main(port: int = 8000) -> int:
    """Print the answer; 1 when something is down or nothing answers."""
    allowed = os.environ.get("SPINULA_ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    host = "localhost" if allowed in {"", "*"} else allowed.lstrip(".")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz/", headers={"Host": host})
        answer = connection.getresponse()
        sys.stdout.write(answer.read().decode() + "\n")
    except OSError as error:
        sys.stdout.write(f"Nothing answers on port {port}: {error}\n")
        return 1
    finally:
        connection.close()
    return 0 if answer.status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main())
