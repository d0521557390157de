"""A made-up city for trying, testing and measuring: believable, repeatable for a seed, nobody in it real."""
