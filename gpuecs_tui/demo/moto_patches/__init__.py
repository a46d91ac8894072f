"""Corrections of moto: responses and refusals of AWS that moto lacks."""
