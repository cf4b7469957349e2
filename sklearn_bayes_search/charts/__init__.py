"""What each chart shows, as data that displays and reports draw with their own pens."""

__all__: list[str] = []
