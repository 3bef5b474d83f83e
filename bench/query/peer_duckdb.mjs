// DuckDB's answers: node peer_duckdb.mjs MODULES DATA SQL. After "ready" each line "q1 FILE" or "q5 FILE" is answered
// by the seconds it took, of the clock and of the processor; FILE gets the rows. One thread; events are held sorted.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { readFileSync, writeFileSync } from 'node:fs';

const [modules, data, questions] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(`${modules}/`)('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:')).connect();
for (const statement of [
    `CREATE TABLE person AS FROM read_csv('${data}/person.csv', header = false,
       columns = {person: 'INTEGER', birth: 'INTEGER', district: 'TINYINT', sex: 'TINYINT'})`,
    `CREATE TABLE event AS FROM read_csv('${data}/event.csv', header = false,
       columns = {person: 'INTEGER', code: 'SMALLINT', day: 'SMALLINT'}) ORDER BY code, day, person`,
    'SET threads = 1',
]) await connection.run(statement);
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
    const [name, file] = line.split(' ');
    const sql = readFileSync(`${questions}/${name}.sql`, 'utf8').replaceAll(' / ', ' // '); // whole numbers
    const processor = process.cpuUsage(), clock = process.hrtime.bigint();
    const rows = (await connection.runAndReadAll(sql)).getRowsJS();
    const wall = Number(process.hrtime.bigint() - clock) * 1e-9, used = process.cpuUsage(processor);
    writeFileSync(file, rows.map((row) => `${row.join(',')}\n`).join(''));
    console.log(`${wall.toFixed(6)} ${((used.user + used.system) * 1e-6).toFixed(6)}`);
}
