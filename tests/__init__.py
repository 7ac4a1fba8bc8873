"""Tests of Afterglow; the folders mirror the two apps."""
