/** E-mails about alerts, in English. */
export default {
  "mail.test_subject": "Test message",
  "mail.test": "Messages from tomma arrive here.",
  "mail.one": "{kind}: {place}",
  "mail.many": "{n} alerts",
  "mail.one_over": "Over: {kind}: {place}",
  "mail.many_over": "{n} alerts are over",
  "mail.over": "Over:",
  "mail.since": "since {time}",
  "mail.not_listed": "Also, not listed:",
  "mail.counted": "{n} × {kind}",
  "mail.counted_over": "{n} × {kind} over",
  "mail.stream": "the whole stream",
  "mail.link": "All alerts: {link}",
  "mail.about": "Sent by tomma to {recipient}. Who gets what is set under [notify] in the settings.",
};
