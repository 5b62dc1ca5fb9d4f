"""Money, secrets, moments, periods and words: values that know no vendor and no frame."""
