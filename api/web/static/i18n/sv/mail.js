/** E-mails about alerts, in Swedish. */
export default {
  "mail.test_subject": "Provmeddelande",
  "mail.test": "Meddelanden från tomma kommer fram hit.",
  "mail.one": "{kind}: {place}",
  "mail.many": "{n} larm",
  "mail.one_over": "Över: {kind}: {place}",
  "mail.many_over": "{n} larm är över",
  "mail.over": "Över:",
  "mail.since": "sedan {time}",
  "mail.not_listed": "Dessutom, inte uppräknade:",
  "mail.counted": "{n} × {kind}",
  "mail.counted_over": "{n} × {kind} är över",
  "mail.stream": "hela strömmen",
  "mail.link": "Alla larm: {link}",
  "mail.about": "Skickat av tomma till {recipient}. Vem som får vad bestäms under [notify] i inställningarna.",
};
