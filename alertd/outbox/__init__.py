"""From the store to the platforms: a courier per channel, with its pace and its patience."""
