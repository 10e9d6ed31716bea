"""What keeps the exchange running and shows it at work: demonstration city, bench, health."""
