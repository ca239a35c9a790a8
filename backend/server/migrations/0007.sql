-- The shopper's phone: baskets behind links that cannot be guessed, payments begun for them, one-time codes, text messages.

CREATE TABLE basket (                      -- one purchase, from the first article to the last message about it
    cell BIGINT NOT NULL,
    id BIGINT NOT NULL,                    -- serial of the cell, shared with orders
    link TEXT NOT NULL,                    -- keyed digest of the secret in its address
    centre BIGINT NOT NULL,
    lang TEXT NOT NULL CHECK (lang IN ('zh', 'en')),   -- of text messages
    lines TEXT NOT NULL,                   -- JSON: a list of pairs of article and pieces
    sealed_link BLOB NOT NULL,             -- AES-256-GCM (context basket-link/<id>) of that secret, for messages
    person BLOB,                           -- AES-256-GCM (context basket/<id>) of name, identity number and telephone
    phone TEXT,                            -- keyed digest of the telephone
    notice TEXT,                           -- version of the notice agreed to
    agreed_us BIGINT,
    order_no TEXT,                         -- the order it became
    order_id BIGINT,
    watched BIGINT NOT NULL DEFAULT 0,     -- 1 until the order is collected or cancelled, 2 while goods may still come back
    changed_us BIGINT NOT NULL,
    PRIMARY KEY (cell, id),
    UNIQUE (cell, link)
);
CREATE INDEX basket_phone ON basket (cell, phone) WHERE phone IS NOT NULL;
CREATE INDEX basket_watched ON basket (cell, id) WHERE watched = 1;
CREATE INDEX basket_order ON basket (cell, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX basket_open ON basket (cell, changed_us) WHERE order_id IS NULL;

CREATE TABLE checkout (                    -- a payment begun for a basket; another try is another row
    cell BIGINT NOT NULL,
    out_no TEXT NOT NULL,                  -- our number at the payment company, and the order's if it comes to one
    basket BIGINT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    body BLOB NOT NULL,                    -- AES-256-GCM (context checkout/<out_no>) of the order's JSON as it is paid
    state TEXT NOT NULL CHECK (state IN ('waiting', 'refused', 'abandoned', 'paid', 'cleared', 'given_back')),
    pay_url TEXT NOT NULL DEFAULT '',      -- where the payer pays
    payment BLOB,                          -- AES-256-GCM (context checkout-payment/<out_no>) of the payment's JSON, once paid
    reasons TEXT NOT NULL DEFAULT '[]',    -- JSON: why money that was paid goes back
    attempts BIGINT NOT NULL DEFAULT 0,    -- how often the company was asked how it stands
    next_us BIGINT NOT NULL,
    begun_us BIGINT NOT NULL,
    PRIMARY KEY (cell, out_no)
);
CREATE INDEX checkout_basket ON checkout (cell, basket);
CREATE INDEX checkout_open ON checkout (cell, next_us) WHERE state IN ('waiting', 'paid');

CREATE TABLE limit_question (              -- how often it was asked whether an order fits a person's year, before payment
    cell BIGINT NOT NULL,
    buyer TEXT NOT NULL,                   -- keyed digest of the identity number
    day TEXT NOT NULL,
    asked BIGINT NOT NULL,
    PRIMARY KEY (cell, buyer, day)
){keyed};

CREATE TABLE phone_code (                  -- the one-time code last sent to a telephone
    cell BIGINT NOT NULL,
    phone TEXT NOT NULL,                   -- keyed digest
    code TEXT NOT NULL,                    -- keyed digest
    tries BIGINT NOT NULL DEFAULT 0,
    expires_us BIGINT NOT NULL,
    PRIMARY KEY (cell, phone)
){keyed};

CREATE TABLE phone_session (               -- who has shown such a code
    cell BIGINT NOT NULL,
    token TEXT NOT NULL,                   -- keyed digest of the cookie
    phone TEXT NOT NULL,
    expires_us BIGINT NOT NULL,
    PRIMARY KEY (cell, token)
){keyed};

CREATE TABLE text_message (                -- text messages to shoppers, and their sending
    cell BIGINT NOT NULL,
    id TEXT NOT NULL,                      -- what it tells: sent once
    basket BIGINT,                         -- empty of a one-time code
    body BLOB NOT NULL,                    -- AES-256-GCM (context text/<id>) of telephone and text
    state TEXT NOT NULL CHECK (state IN ('due', 'sent', 'failed')),
    attempts BIGINT NOT NULL DEFAULT 0,
    next_us BIGINT NOT NULL,
    made_us BIGINT NOT NULL,
    said TEXT NOT NULL DEFAULT '',         -- why it was not taken, the last time
    PRIMARY KEY (cell, id)
);
CREATE INDEX text_message_due ON text_message (cell, next_us) WHERE state = 'due';
CREATE INDEX text_message_basket ON text_message (cell, basket) WHERE basket IS NOT NULL;
