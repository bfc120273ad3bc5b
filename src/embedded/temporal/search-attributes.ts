import { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { CarillonError } from '../../core/errors.js';
import { searchAttributeTypes } from './server-arguments.js';

const { IndexedValueType } = proto.temporal.api.enums.v1;
const indexedTypes = {
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Int: IndexedValueType.INDEXED_VALUE_TYPE_INT,
};

/**
 * Registers our search attributes with a server that we did not start; those it has are left alone.
 * @throws CarillonError TEMPORAL_UNAVAILABLE, or CONFIG_INVALID when the server has one of another type
 */
export async function registerSearchAttributes(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '5s' }).catch((error: Error) => {
    throw new CarillonError(
      'TEMPORAL_UNAVAILABLE',
      `Expected a Temporal server at ${address}, got: ${error.message}.`,
      {
        field: 'TEMPORAL_ADDRESS',
        value: address,
        hint: 'Start that server, or unset TEMPORAL_ADDRESS to have one started.',
      },
      { cause: error },
    );
  });
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing: Record<string, number> = {};
    for (const [name, type] of Object.entries(searchAttributeTypes)) {
      const present = customAttributes?.[name];
      if (present === undefined) missing[name] = indexedTypes[type];
      else if (present !== indexedTypes[type]) throw otherType(name, type, address);
    }
    if (Object.keys(missing).length > 0) {
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: missing });
    }
  } finally {
    await connection.close();
  }
}

function otherType(name: string, type: string, address: string): CarillonError {
  return new CarillonError(
    'CONFIG_INVALID',
    `Expected search attribute \`${name}\` at ${address} to be of type ${type}, got another.`,
    {
      field: name,
      hint: 'Use another namespace (TEMPORAL_NAMESPACE), or remove the attribute there if nothing uses it.',
    },
  );
}
