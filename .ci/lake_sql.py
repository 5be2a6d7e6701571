"""Contract definitions as SQL on the lake's own tables, written without a look at the program's code.

Each text takes `{d}`, the as-of day, as a DATE literal."""

# One row for each company and day with a counted event, recomputed from the events.
MEMBER_DAY = """
WITH counted AS (
    SELECT event_date, company_id, visitor_id, 'shop_clicks' AS what FROM lake.shop_clicks WHERE excluded IS NULL
    UNION ALL SELECT event_date, company_id, NULL, 'ad_clicks' FROM lake.ad_clicks WHERE excluded IS NULL
    UNION ALL SELECT event_date, company_id, NULL, 'contact_views' FROM lake.contact_views WHERE excluded IS NULL
    UNION ALL SELECT event_date, company_id, NULL, 'messages' FROM lake.messages WHERE excluded IS NULL
    UNION ALL SELECT event_date, company_id, NULL, 'inquiries' FROM lake.inquiries WHERE excluded IS NULL
    UNION ALL SELECT event_date, company_id, NULL, 'aftersale_calls' FROM lake.calls
        WHERE company_id IS NOT NULL AND outcome = 'connected' AND purpose = 'aftersale')
SELECT event_date AS date, company_id,
    count(*) FILTER (what = 'shop_clicks') AS shop_clicks, count(DISTINCT visitor_id) AS visitors,
    count(*) FILTER (what = 'ad_clicks') AS ad_clicks, count(*) FILTER (what = 'contact_views') AS contact_views,
    count(*) FILTER (what = 'messages') AS messages, count(*) FILTER (what = 'inquiries') AS inquiries,
    count(*) FILTER (what = 'aftersale_calls') AS aftersale_calls
FROM counted WHERE event_date <= {d} GROUP BY ALL"""

CLICK_SOURCE_DAY = """
SELECT event_date AS date, company_id, click_source, count(*) AS clicks
FROM lake.shop_clicks WHERE excluded IS NULL AND event_date <= {d} GROUP BY ALL"""

AD_SLOT_DAY = """
SELECT event_date AS date, company_id, coalesce(ad_slot, 'unknown') AS ad_slot, count(*) AS clicks
FROM lake.ad_clicks WHERE excluded IS NULL AND event_date <= {d} GROUP BY ALL"""

# Contracts known at the day, with what was agreed (signed_end) and what holds (end_date, amount); kind resolved.
TERMS = """
WITH known AS (
    SELECT *, CASE WHEN cancelled_on <= {d} THEN cancelled_on END AS cancelled FROM lake.contracts WHERE signed_on <= {d}),
effective AS (
    SELECT contract_id, company_id, plan, kind, start_date, end_date AS signed_end, signed_on, amount AS signed_amount,
        CASE WHEN cancelled IS NULL THEN end_date ELSE least(end_date, cancelled - 1) END AS end_date,
        amount - CASE WHEN cancelled IS NOT NULL OR (cancelled_on IS NULL AND start_date <= {d})
            THEN coalesce(refund, 0) ELSE 0 END AS amount,
        coalesce(cancelled <= start_date, false) AS void,
        coalesce(kind = 'trial', false) OR known.amount = 0 AS trial
    FROM known),
terms AS (
    SELECT c.*, CASE WHEN c.void THEN 'void' WHEN c.trial THEN 'trial'
        WHEN c.kind = 'addon' OR (c.kind IS NULL AND EXISTS (
            FROM effective o WHERE o.company_id = c.company_id AND o.contract_id <> c.contract_id
                AND NOT o.trial AND NOT o.void AND coalesce(o.kind <> 'addon', true)
                AND o.start_date <= c.start_date AND o.signed_end >= c.signed_end AND o.signed_on <= c.signed_on
                AND (o.start_date, o.signed_end, o.signed_on) IS DISTINCT FROM (c.start_date, c.signed_end, c.signed_on)
              OR o.company_id = c.company_id AND NOT o.trial AND NOT o.void AND coalesce(o.kind <> 'addon', true)
                AND (o.start_date, o.signed_end, o.signed_on) = (c.start_date, c.signed_end, c.signed_on) AND o.contract_id < c.contract_id))
        THEN 'addon' ELSE 'membership' END AS sort,
        greatest(1, round((signed_end - start_date + 1) / 365.25))::BIGINT AS years
    FROM effective c),
memberships AS (
    SELECT *, (((amount * 100)::BIGINT * 2 + years) // (2 * years))::DECIMAL(38, 0) * 0.01 AS annual_amount FROM terms WHERE sort = 'membership')
"""

RENEWALS = TERMS + """, followed AS (
SELECT c.contract_id, arg_min(r.contract_id, (r.start_date, r.contract_id)) AS renewed_by
FROM memberships c JOIN memberships r ON r.company_id = c.company_id AND r.start_date > c.start_date AND r.end_date > c.end_date
    AND r.start_date <= c.end_date + {grace} AND r.signed_on <= c.end_date + {grace}
GROUP BY ALL)
SELECT contract_id, company_id, start_date, end_date, amount, annual_amount, renewed_by,
    CASE WHEN renewed_by IS NOT NULL THEN 'renewed' WHEN end_date >= {d} THEN 'active'
        WHEN {d} <= end_date + {grace} THEN 'pending' ELSE 'lapsed' END AS status
FROM memberships LEFT JOIN followed USING (contract_id)"""

# Companies that are visible at the day, those known by a contract only too.
VISIBLE = """
WITH firsts AS (SELECT company_id, min(signed_on) AS signed_on FROM lake.contracts WHERE signed_on <= {d} GROUP BY ALL),
visible AS (
    SELECT c.company_id, coalesce(c.registered_on <= {d}, false) AS registered FROM lake.companies c LEFT JOIN firsts f USING (company_id)
    WHERE c.listed_on IS NULL OR least(c.listed_on, c.registered_on, f.signed_on) <= {d}
    UNION ALL SELECT company_id, false FROM firsts ANTI JOIN lake.companies USING (company_id))
SELECT count(*), count(*) FILTER (registered) FROM visible"""

MEMBERS = TERMS + "SELECT count(DISTINCT company_id) FROM memberships WHERE start_date <= {d} AND {d} <= end_date"
