"""Where and when there is room: availability, and what is free and busy."""
