"""PostgreSQL and Valkey as child processes of our own under the home's `engines` folder; imports core."""
