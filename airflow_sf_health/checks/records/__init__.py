"""The records that the task writes: whom they are assigned to, and who takes part in sharing them."""
