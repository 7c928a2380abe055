-- Acts are deleted by age. Rows come in the order of time, which is all that such an index needs.
CREATE INDEX audit_by_time ON audit USING brin (at);
