"""Corrections of moto: what AWS answers or refuses and moto does not."""
