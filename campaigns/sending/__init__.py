"""From launch to recorded answers: nobody twice, nobody lost."""
