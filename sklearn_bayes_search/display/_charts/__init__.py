"""What each chart shows and where, as data that displays and reports draw."""

__all__: list[str] = []
