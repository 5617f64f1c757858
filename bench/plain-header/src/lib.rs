//! Plain.
