class SweepMixin:
    """Sweeps as the scheduled action makes them, and made older."""

    def _sweep(self, runs=4):
        """Run as often as a sweep takes: asked for, made, applied, and nothing left."""
        for _run in range(runs):
            self._run("sweep", settle=False)
        return self.account.sweep_ids[:1]

    def _age_sweeps(self, age):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE amazon_cancellation_sweep SET create_date = create_date - %s WHERE account_id = %s",
            [age, self.account.id],
        )
        self.env.invalidate_all()
