-- a copy must not take messages from the queue of the original, nor call Amazon with its access
UPDATE amazon_cancellation_subscription
   SET state = 'draft',
       access_key_id = NULL,
       secret_access_key = NULL;
UPDATE amazon_cancellation_account
   SET lwa_client_id = NULL,
       lwa_client_secret = NULL,
       lwa_refresh_token = NULL;
