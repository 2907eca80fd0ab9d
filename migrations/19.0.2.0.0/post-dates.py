"""When a cancellation was refused or undone is kept; before, the timeline told of its last change."""


def migrate(cr, version):
    """Keep what the timeline told."""
    cr.execute(
        """
        UPDATE amazon_order_cancellation
           SET refused_date = CASE WHEN state = 'refused' THEN write_date END,
               withdrawn_date = CASE WHEN state = 'withdrawn' THEN write_date END
         WHERE state IN ('refused', 'withdrawn') AND refused_date IS NULL AND withdrawn_date IS NULL
        """
    )
