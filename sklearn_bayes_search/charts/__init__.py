"""What each chart shows and where, as data that displays and reports draw with their own pens."""

__all__: list[str] = []
