"""What every part of terraform/ needs: files, processes, problems and times."""
