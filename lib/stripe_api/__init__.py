"""The only door to the Stripe SDK. Plain dicts come out: an SDK object pickles the secret key and is no dict."""
