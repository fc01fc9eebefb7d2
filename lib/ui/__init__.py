"""What people see: the only part of lib that knows Streamlit."""
