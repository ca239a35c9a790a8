-- Spreads the tables of Bonded Pickup over the machines of a Citus cluster. Run it once, after `pickup-backend migrate` and
-- before the first order, as the database's owner on the coordinator:
--
--     psql -f deploy/citus.sql "$DATABASE"
--
-- What belongs to a cell (a bonded book or group of books with one writer) lies on one machine; what belongs to a buyer or
-- to a number of the outside world is spread by that; what is small and read everywhere is copied to each machine.
-- A batch that touches a cell and buyers is one transaction, which Citus commits in two phases by itself.

SET citus.shard_count = 32;

SELECT create_reference_table('setting');
SELECT create_reference_table('migration');
SELECT create_reference_table('cell');
SELECT create_reference_table('centre');
SELECT create_reference_table('product');
SELECT create_reference_table('dataset');
SELECT create_reference_table('dataset_entry');
SELECT create_reference_table('kiosk');
SELECT create_reference_table('enrolment');
SELECT create_reference_table('staff');
SELECT create_reference_table('api_key');
SELECT create_reference_table('person');
SELECT create_reference_table('person_recovery');

SELECT create_distributed_table('orders', 'cell');
SELECT create_distributed_table('dossier', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('account', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('hold', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('book_entry', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('book_request', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('stocktake', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('stocktake_line', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('reconciliation', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('declaration', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('outbox', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('message', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('receipt', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('receipt_record', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('inbox', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('port_mark', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('kiosk_health', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('payment_raw', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('pay_query', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('payback_try', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('pay_declaration', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('idempotency', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('webhook_endpoint', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('webhook_delivery', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('parcel', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('door', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('grants', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('handover', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('opening', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('door_wish', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('kiosk_settings', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('kiosk_day', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('request', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('trail', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('application', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('tax_bill', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('payback', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('stray', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('task', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('basket', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('checkout', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('limit_question', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('phone_code', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('phone_session', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('text_message', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('task_note', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('order_find', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('day_figure', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('order_trail', 'cell', colocate_with => 'orders');
SELECT create_distributed_table('finder', 'cell', colocate_with => 'orders');

SELECT create_distributed_table('buyer_year', 'key');
SELECT create_distributed_table('buyer_goods', 'key', colocate_with => 'buyer_year');
SELECT create_distributed_table('telephone', 'phone', colocate_with => 'none');
SELECT create_distributed_table('used_number', 'number', colocate_with => 'none');
SELECT create_distributed_table('session', 'digest', colocate_with => 'none');
SELECT create_distributed_table('sign_in_failure', 'key', colocate_with => 'none');
