# What an earlier version of these files called otherwise. Terraform renames it in the state; keep
# these blocks for as long as a state with the old addresses may exist.

moved {
  from = aws_lb_listener.this
  to   = aws_lb_listener.http
}

moved {
  from = aws_vpc_security_group_ingress_rule.listener
  to   = aws_vpc_security_group_ingress_rule.http
}
