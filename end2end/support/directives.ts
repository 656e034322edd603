// What tests ask for.
export const SYNTHESIZERS =
  'A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading';
export const BEEKEEPING = 'Help beekeepers log hive inspections, even offline, with reminders for the next visit';
export const YOGA =
  'A booking site where yoga studios offer classes and members reserve mats, with a waitlist and deposits';
