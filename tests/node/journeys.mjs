// The core journeys through Stripe's official client for Node, which nobody here wrote.
//
//     node journeys.mjs http://127.0.0.1:PORT
//
// Every journey makes its own customer and prints one line of JSON: its name, and the error if there was one.

import assert from 'node:assert/strict';
import Stripe from 'stripe';

const address = new URL(process.argv[2]);
const connect = (key, more = {}) =>
  new Stripe(key, {
    protocol: 'http',
    host: address.hostname,
    port: address.port,
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: 10_000,
    ...more,
  });
const stripe = connect('sk_test_node');
const TERMS = {collection_method: 'send_invoice', days_until_due: 30, currency: 'gbp'};

const sandbox = async (what, given, method = 'POST') => {
  const body = given === undefined ? undefined : JSON.stringify(given);
  const headers = {'Content-Type': 'application/json'};
  const answer = await fetch(new URL(`/_sandbox/${what}`, address), {method, headers, body});
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
};
const customer = async (more = {}) => (await stripe.customers.create({name: 'Acme Ltd', ...more})).id;
const credit = (id, amount, options = {}) =>
  stripe.customers.createBalanceTransaction(id, {amount: -amount, currency: 'gbp'}, options);
const balance = async (id) => (await stripe.customers.retrieve(id)).balance;
const draft = async (id, ...amounts) => {
  const invoice = await stripe.invoices.create({customer: id, ...TERMS});
  const lines = amounts.map((amount) => ({amount, description: 'Consultation'}));
  return stripe.invoices.addLines(invoice.id, {lines});
};
const finalised = async (id, ...amounts) => stripe.invoices.finalizeInvoice((await draft(id, ...amounts)).id);
const refused = async (call, expected) => {
  const error = await call.then(() => assert.fail('was not refused'), (caught) => caught);
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, error[name]])), expected);
  return error;
};

const journeys = {
  async 'an unknown parameter is refused by its name'() {
    const expected = {type: 'StripeInvalidRequestError', statusCode: 400, code: 'parameter_unknown', param: 'nme'};
    await refused(stripe.customers.create({nme: 'x'}), expected);
  },
  async 'a live key is refused'() {
    await refused(connect('sk_live_x').customers.list(), {type: 'StripeAuthenticationError', statusCode: 401});
  },
  async 'a restricted key is told which permission it lacks'() {
    await sandbox('keys', {key: 'rk_test_node', permissions: {customer: 'read'}});
    const restricted = connect('rk_test_node');
    await restricted.customers.list();
    const error = await refused(restricted.invoices.list(), {type: 'StripePermissionError', statusCode: 403});
    assert.match(error.message, /rak_invoice_read/);
  },
  async 'something unknown is not found'() {
    const expected = {statusCode: 404, code: 'resource_missing', param: 'invoice'};
    await refused(stripe.invoices.retrieve('in_nope'), expected);
  },
  async 'a credit larger than the total pays the invoice at once'() {
    const id = await customer();
    await credit(id, 20_000);
    const invoice = await finalised(id, 12_000);
    assert.deepEqual([invoice.status, invoice.amount_due, invoice.ending_balance], ['paid', 0, -8000]);
    assert.equal(await balance(id), -8000);
  },
  async 'a void gives back what was applied'() {
    const id = await customer();
    await credit(id, 5000);
    const invoice = await finalised(id, 12_000);
    assert.deepEqual([invoice.amount_due, await balance(id)], [7000, 0]);
    assert.equal((await stripe.invoices.voidInvoice(invoice.id)).status, 'void');
    const entries = await stripe.customers.listBalanceTransactions(id);
    assert.deepEqual(entries.data.map((entry) => entry.type), ['unapplied_from_invoice', 'applied_to_invoice', 'adjustment']);
    assert.equal(await balance(id), -5000);
  },
  async 'an invoice is raised with VAT, sent and paid once'() {
    const id = await customer({email: 'ap@acme.example'});
    const vat = await stripe.taxRates.create({display_name: 'VAT', percentage: 20, inclusive: false});
    const made = await stripe.invoices.create({customer: id, ...TERMS, default_tax_rates: [vat.id]});
    await stripe.invoices.addLines(made.id, {lines: [{amount: 18_000, description: 'GP consultation'}]});
    const sent = await stripe.invoices.sendInvoice(made.id);
    assert.deepEqual([sent.status, sent.total, sent.customer_email], ['open', 21_600, 'ap@acme.example']);
    assert.match(sent.number, /^[A-Z0-9]{8}-\d{4}$/);
    assert.equal((await stripe.invoices.pay(made.id, {paid_out_of_band: true})).amount_paid, 21_600);
    await refused(stripe.invoices.pay(made.id), {statusCode: 400, rawType: 'invalid_request_error'});
    await refused(stripe.invoices.del(made.id), {statusCode: 400});
  },
  async 'a part payment is reported and put on its invoice'() {
    const id = await customer();
    const invoice = await finalised(id, 10_000);
    const now = Math.floor(Date.now() / 1000);
    const record = await stripe.paymentRecords.reportPayment({
      amount_requested: {value: 4000, currency: 'gbp'},
      initiated_at: now,
      payment_method_details: {type: 'custom', custom: {display_name: 'Bank transfer'}},
      processor_details: {type: 'custom', custom: {payment_reference: 'BACS 1'}},
      outcome: 'guaranteed',
      guaranteed: {guaranteed_at: now},
    });
    const after = await stripe.invoices.attachPayment(invoice.id, {payment_record: record.id});
    assert.deepEqual([after.status, after.amount_paid, after.amount_remaining], ['open', 4000, 6000]);
    const payments = await stripe.invoicePayments.list({invoice: invoice.id, status: 'paid'});
    assert.equal(payments.data[0].payment.payment_record, record.id);
  },
  async 'a credit note lowers an open invoice and refunds a paid one to the balance'() {
    const id = await customer();
    const open = await finalised(id, 10_000);
    await stripe.creditNotes.create({invoice: open.id, amount: 2500});
    assert.equal((await stripe.invoices.retrieve(open.id)).amount_remaining, 7500);
    await stripe.invoices.pay(open.id, {paid_out_of_band: true});
    await refused(stripe.creditNotes.create({invoice: open.id, amount: 500}), {statusCode: 400});
    const note = await stripe.creditNotes.create({invoice: open.id, amount: 500, credit_amount: 500});
    assert.deepEqual([note.type, note.post_payment_amount, await balance(id)], ['post_payment', 500, -500]);
  },
  async 'the same key is done once, and refused for something else'() {
    const id = await customer();
    const idempotencyKey = `node ${id}`;
    const first = await credit(id, 5000, {idempotencyKey});
    const again = await credit(id, 5000, {idempotencyKey});
    assert.deepEqual([again.id, again.lastResponse.headers['idempotent-replayed']], [first.id, 'true']);
    await refused(credit(id, 6000, {idempotencyKey}), {type: 'StripeIdempotencyError', statusCode: 400});
    assert.equal(await balance(id), -5000);
  },
  async 'a list is walked through by itself, to the end and in order'() {
    const id = await customer();
    const made = [];
    for (let amount = 1; amount <= 25; amount += 1) made.unshift((await credit(id, amount)).id);
    const found = [];
    for await (const entry of stripe.customers.listBalanceTransactions(id, {limit: 10})) found.push(entry.id);
    assert.deepEqual(found, made);
    const above = await stripe.customers.listBalanceTransactions(id, {limit: 3, ending_before: made[10]});
    assert.deepEqual([above.data.map((entry) => entry.id), above.has_more], [made.slice(7, 10), true]);
  },
  async 'what is left out appears when it is asked for'() {
    const id = await customer();
    await credit(id, 700);
    assert.equal((await stripe.customers.retrieve(id)).invoice_credit_balance, undefined);
    const expanded = await stripe.customers.retrieve(id, {expand: ['invoice_credit_balance', 'tax_ids']});
    assert.deepEqual([expanded.invoice_credit_balance, expanded.tax_ids.data], [{gbp: 700}, []]);
    const invoices = await stripe.invoices.list({customer: (await draft(id, 100)).customer, expand: ['data.customer']});
    assert.equal(invoices.data[0].customer.id, id);
  },
  async 'metadata is merged and unset key by key'() {
    const id = await customer({metadata: {'Full name': 'Ada', b: '1'}});
    const after = await stripe.customers.update(id, {metadata: {b: '', c: '2'}});
    assert.deepEqual(after.metadata, {'Full name': 'Ada', c: '2'});
  },
  async 'an event tells what was there before'() {
    const id = await customer();
    await stripe.customers.update(id, {name: 'Acme Group'});
    const event = (await stripe.events.list({type: 'customer.updated', limit: 1})).data[0];
    assert.deepEqual([event.data.object.id, event.data.previous_attributes], [id, {name: 'Acme Ltd'}]);
  },
  async 'a deleted customer answers as a stub and takes no more entries'() {
    const id = await customer();
    await stripe.customers.del(id);
    const stub = await stripe.customers.retrieve(id);
    assert.deepEqual([stub.deleted, stub.name], [true, undefined]);
    await refused(credit(id, 1), {code: 'resource_missing'});
  },
  async 'a storm of refusals is a rate limit error'() {
    await sandbox('faults', {kind: 'storm', path: '/v1/tax_rates', times: 1});
    await refused(stripe.taxRates.list(), {type: 'StripeRateLimitError', statusCode: 429});
  },
  async 'a lost answer, a reset and a busy object are tried again by the client and done once'() {
    const id = await customer();
    const path = `/v1/customers/${id}/balance_transactions`;
    await sandbox('faults', [
      {kind: 'lost', path, nth: 1},
      {kind: 'reset', path, nth: 2},
      {kind: 'lock_timeout', path, nth: 3},
    ]);
    const patient = connect('sk_test_node', {maxNetworkRetries: 4});
    const entry = await patient.customers.createBalanceTransaction(id, {amount: -5000, currency: 'gbp'});
    assert.equal(entry.ending_balance, -5000);
    assert.equal(await balance(id), -5000);
  },
  async 'a page instead of JSON and a truncated answer are errors although the work was done'() {
    for (const fault of [{kind: 'html', status: 200}, {kind: 'html', status: 502}, {kind: 'truncated'}]) {
      const id = await customer();
      await sandbox('faults', {...fault, path: `/v1/customers/${id}/*`, times: 1});
      await assert.rejects(credit(id, 100));
      assert.equal(await balance(id), -100);
    }
  },
  async 'a pinned 500 is told again and never done twice'() {
    const id = await customer();
    await sandbox('faults', {kind: 'error', path: `/v1/customers/${id}/*`, times: 1});
    const idempotencyKey = `pinned ${id}`;
    for (const _ of [1, 2]) await refused(credit(id, 100, {idempotencyKey}), {type: 'StripeAPIError', statusCode: 500});
    assert.equal(await balance(id), -100);
  },
};

for (const [name, journey] of Object.entries(journeys)) {
  const error = await journey().then(() => null, (caught) => String(caught.stack ?? caught));
  console.log(JSON.stringify({name, error}));
}
