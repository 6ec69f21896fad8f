"""Where items come from: a folder on this machine, a container on Flywheel."""
