-- a view handed over as a script
CREATE TABLE v_mz_jzjl (jzlsh varchar(32) PRIMARY KEY, yljgdm varchar(22), xm varchar(50), xbdm char(1), csrq char(8), zjlx char(2), zjhm varchar(18), jzksmc varchar(50), jzrq timestamp, zdbm varchar(20), zdmc varchar(100), fyze numeric(10,2), gxsj timestamp);
INSERT INTO v_mz_jzjl VALUES ('M001','12370200000000501K','岳一','1','19700102','01','37020019700102081X','内科','2026-04-01 09:30:00','I10.x00','高血压',86.50,'2026-04-01 10:00:00'),
('M002','12370200000000501K','纪''二','2','20010930','01','370200200109300922',NULL,'2026-04-01 09:40:00',NULL,NULL,NULL,'2026-04-01 10:00:00');
