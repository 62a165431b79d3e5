INSERT INTO domainlist VALUES(1,0,'good.example',1,1,1,'mine');
INSERT INTO domainlist VALUES(2,1,'bad.example',1,1,1,'it''s');
INSERT INTO domainlist VALUES(3,3,'^ads\.',1,1,1,NULL);
INSERT INTO adlist VALUES(1,'https://lists.example/a',1,1,1,'c');
