"""The AI Futures Model of December 2025."""
