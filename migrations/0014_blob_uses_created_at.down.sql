drop index blob_uses_created_at;
