"""What the container images need beside the services."""
