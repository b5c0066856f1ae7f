"""What people type: text → Command, free of any platform. Pure."""
