"""The tests mirror the tree; `house` holds those of the whole."""
