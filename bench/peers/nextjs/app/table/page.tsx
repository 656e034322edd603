import type { Metadata } from 'next';
import { Frame } from '@/components/frame';
import { type Entry, entries } from '@/lib/table';

export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Table · Atlas9' };

export default async function Table({ searchParams }: PageProps<'/table'>) {
  const { rows } = await searchParams;
  return (
    <Frame current="/table">
      <table>
        <thead>
          <tr>
            <th>Number</th>
            <th>Name</th>
            <th>State</th>
            <th>Date</th>
            <th>Amount</th>
          </tr>
        </thead>
        <tbody>
          {entries(rows?.toString()).map((entry) => (
            <Row key={entry.number} entry={entry} />
          ))}
        </tbody>
      </table>
    </Frame>
  );
}

function Row({ entry: { number, state, date, amount } }: { entry: Entry }) {
  return (
    <tr>
      <td className="number">{number}</td>
      <td>
        <a href={`/rows/${number}`}>{`Row ${number}`}</a>
      </td>
      <td>
        <span className={`state ${state}`}>{state}</span>
      </td>
      <td>
        <time dateTime={date}>{date}</time>
      </td>
      <td className="amount">{amount}</td>
    </tr>
  );
}
