"""Tests of the postage rates."""

import pytest

from postage.rates import rate_for


@pytest.fixture
def table():
    return {"small": 390, "large": 720}


def test_small_parcel_costs_the_small_rate(table):
    assert rate_for(1.2, table) == 390


def test_heavy_parcel_costs_the_large_rate(table):
    assert rate_for(9.0, table) == 720


@pytest.mark.skip(reason="rates for islands change")
def test_islands(table):
    assert rate_for(1.2, table, zone="island") == 1150
