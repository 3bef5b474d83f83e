-- How many people were ever registered. Called by governance/person.c.
SELECT count(*) FROM governance.person AS p;
