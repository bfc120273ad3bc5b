import type { AttributeValue, DynamoDBClient, WriteRequest } from '@aws-sdk/client-dynamodb';
import { type Patience, untilTaken } from './requests.js';

export type Key = Record<string, AttributeValue>;

/** A page of a scan: keys of what has expired, and where the next page begins. */
export interface ExpiredPage {
  keys: Key[];
  next?: Key;
}

export interface Expired {
  table: string;
  /** Name of the attribute with the time, in seconds since 1970. */
  attribute: string;
  /** What lies before has expired, in seconds since 1970. */
  before: number;
}

/** The requests that the task makes of one table. */
export class ExpiringTable {
  private constructor(
    private readonly aws: typeof import('@aws-sdk/client-dynamodb'),
    private readonly client: DynamoDBClient,
    private readonly expired: Expired,
    private readonly patience: Patience,
    private readonly keyNames: string[],
  ) {}

  static async open(
    aws: typeof import('@aws-sdk/client-dynamodb'),
    client: DynamoDBClient,
    expired: Expired,
    patience: Patience,
  ): Promise<ExpiringTable> {
    const command = new aws.DescribeTableCommand({ TableName: expired.table });
    const options = { abortSignal: patience.signal };
    const { Table } = await untilTaken(patience, () => client.send(command, options));
    const keyNames = (Table?.KeySchema ?? []).map(({ AttributeName }) => AttributeName as string);
    return new ExpiringTable(aws, client, expired, patience, keyNames);
  }

  /** Reads a page: the filter leaves out what is not expired or has no number there, the projection all but the keys. */
  async scan(segment: number, segments: number, from: Key | undefined): Promise<ExpiredPage> {
    const keys = Object.fromEntries(this.keyNames.map((name, index) => [`#k${index}`, name]));
    const command = new this.aws.ScanCommand({
      TableName: this.expired.table,
      ...(segments > 1 && { Segment: segment, TotalSegments: segments }),
      ExclusiveStartKey: from,
      FilterExpression: '#ttl < :before',
      ProjectionExpression: Object.keys(keys).join(', '),
      ExpressionAttributeNames: { ...keys, '#ttl': this.expired.attribute },
      ExpressionAttributeValues: this.#before(),
    });
    const page = await untilTaken(this.patience, () => this.client.send(command, this.#options()));
    return { keys: page.Items ?? [], next: page.LastEvaluatedKey };
  }

  /** Deletes one item, if it is still expired. @returns false when it was renewed or is gone */
  async deleteExpired(key: Key): Promise<boolean> {
    const command = new this.aws.DeleteItemCommand({
      TableName: this.expired.table,
      Key: key,
      ConditionExpression: '#ttl < :before',
      ExpressionAttributeNames: { '#ttl': this.expired.attribute },
      ExpressionAttributeValues: this.#before(),
    });
    return untilTaken(this.patience, async () => {
      try {
        await this.client.send(command, this.#options());
        return true;
      } catch (error) {
        if ((error as Error).name === 'ConditionalCheckFailedException') return false;
        throw error;
      }
    });
  }

  /** Deletes up to 25 items whatever has become of them, in one request; what is left of it is sent again. */
  async deleteAll(keys: readonly Key[]): Promise<void> {
    const { table } = this.expired;
    let requests: WriteRequest[] = keys.map((Key) => ({ DeleteRequest: { Key } }));
    await untilTaken(this.patience, async () => {
      const command = new this.aws.BatchWriteItemCommand({ RequestItems: { [table]: requests } });
      const { UnprocessedItems } = await this.client.send(command, this.#options());
      requests = UnprocessedItems?.[table] ?? [];
      return requests.length > 0 ? 'again' : undefined;
    });
  }

  #before(): Record<string, AttributeValue> {
    return { ':before': { N: String(this.expired.before) } };
  }

  #options() {
    return { abortSignal: this.patience.signal };
  }
}
