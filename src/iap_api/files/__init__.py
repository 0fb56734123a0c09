"""Files: one place for photos now, and for drawings, recordings and documents later; sealed, and named by digest."""
