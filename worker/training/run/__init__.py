"""What every training process needs: options, devices, console, files, cards."""
