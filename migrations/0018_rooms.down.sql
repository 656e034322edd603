drop table room_invitations;
drop table room_log;
drop table mentions;
drop table reactions;
drop table messages;
drop table room_members;
drop table rooms;
