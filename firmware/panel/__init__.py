"""What a person sees, hears and touches: lights, buzzer, gate relay, screen."""
