"""What a shell asks at each prompt and at each Tab, and what answers it while nobody has time to wait."""
