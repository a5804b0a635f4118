"""What every experiment is made of: plan, data, record, statistics, report."""
