"""Sheets: what is laid out once and drawn alike as SVG, as PNG and on paper."""
